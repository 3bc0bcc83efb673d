"""The kernel: the broker's rules and a specification's decisions on flat arrays, compiled by numba.

`layout` says where everything stands; `account`, `orders` and `fills` are the broker, `house` the rules that are ours;
`conditions`, `entries`, `exits` and `run` decide. Each rule stands in the same order of float operations as in
`simulation.broker`, and is held to the same vectors.
"""
