"""What happens when a worker process starts."""

from typing import Any

from celery.signals import worker_init, worker_process_init

from strategy_api.common.lazy import lazily

warm_up = lazily("strategy_api.strategies.engine.warm_up")
warm_up_kernel = lazily("strategy_api.strategies.engine.warm_up_kernel")


@worker_init.connect
def prepare(**_: Any) -> None:
    """Compile the kernel before processes are forked, which then share it: no run waits for it."""
    warm_up_kernel()


@worker_process_init.connect
def start(**_: Any) -> None:
    """Start the sandbox before the first run asks for it."""
    warm_up()
