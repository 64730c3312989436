"""With lambdakit."""
