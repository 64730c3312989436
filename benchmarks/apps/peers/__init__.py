"""With aws-lambda-powertools, as its documentation writes it."""
