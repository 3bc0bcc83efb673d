"""The supervisor: plays a strategy, finds what is wrong, proposes edits, and takes one that is better beyond the noise.

outcome = Supervisor(bench=Bench(dataset=bars_before_the_seal, broker=broker)).run(spec)
"""
