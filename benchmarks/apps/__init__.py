"""The handlers that are compared: the same work with lambdakit (`ours`), with aws-lambda-powertools (`peers`, as its
documentation writes it), and with nothing but the libraries underneath (`by_hand`), which is the floor.
"""
