"""The module is found in an answer whatever a chat model puts around it."""

import ast
import json

import pytest

from backtest_engine.diagnostics.answers import module_in

CODE = '''from backtesting import Strategy
from backtesting.test import SMA

LEVELS = {
    "low": 30,
}


class Cross(Strategy):
    """It's mine."""

    def init(self):
        self.mean = self.I(SMA, self.data.Close, LEVELS["low"])

    def next(self):
        if not self.position and self.data.Close[-1] > self.mean[-1]:
            self.buy()
        elif self.position and self.data.Close[-1] < self.mean[-1]:
            self.position.close()
'''
HEAD, BODY = CODE[: CODE.index("class ")], CODE[CODE.index("class ") :]
RUN = "from backtesting import Backtest\nfrom backtesting.test import GOOG\n\nprint(Backtest(GOOG, Cross).run())\n"
OLD = CODE.replace("> self.mean", ">= self.mean")
ANSWERS = {
    "one fence": f"I've fixed it. Here's the code:\n\n```python\n{CODE}```\n\nIt's long only, isn't it?\n",
    "no end of the fence": f"Sure!\n```python\n{CODE}",
    "an indented fence": "1. Use this:\n   ```python\n"
    + "".join(f"   {line}\n" for line in CODE.split("\n"))
    + "   ```\n",
    "other signs for a fence": f"~~~py\n{CODE}~~~\n",
    "a correction after the original": f"You had:\n```python\n{OLD}```\nIt's now:\n```python\n{CODE}```\n",
    "parts that belong together": f"Imports:\n```python\n{HEAD}```\nThen:\n```python\n{BODY}```\n",
    "commands beside it": f"```bash\npip install backtesting\n```\n```python\n{CODE}```\n",
    "an excerpt after it": f"```python\n{CODE}```\nI changed only this:\n```python\nself.mean = None\n```\n",
    "sentences only": f"Here's what you asked for, don't worry.\n\n{CODE}\nLet me know if it's right!\n- Long only\n",
    "copied from a page": f"python\nCopy code\n{CODE}",
    "thoughts": f"<think>\nIt can't be that ```python\nx\n``` hm\n</think>\n{CODE}",
    "JSON": json.dumps({"verdict": "code", "name": "It's one", "code": CODE}),
    "JSON in a fence": "Here:\n```json\n" + json.dumps({"code": CODE}, indent=1) + "\n```\nDone.",
    "JSON around a fence": json.dumps({"answer": f"It's:\n```python\n{CODE}```"}),
    "JSON in a list": json.dumps([{"role": "assistant", "content": CODE}]),
}


class TestModuleIn:
    @pytest.mark.parametrize("answer", ANSWERS)
    def test_is_found_in(self, answer: str) -> None:
        found = module_in(ANSWERS[answer])

        assert found is not None
        assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(CODE))

    def test_keeps_the_run_that_stands_in_a_block_of_its_own(self) -> None:
        found = module_in(f"```python\n{CODE}```\nRun it:\n```python\n{RUN}```\n")

        assert found is not None
        assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(CODE + RUN))

    def test_goes_as_far_as_a_broken_document_does(self) -> None:
        whole = json.dumps({"verdict": "code", "code": CODE})

        found = module_in(whole[: whole.index("elif")])

        assert found is not None
        assert found.rstrip().endswith("self.buy()")

    @pytest.mark.parametrize("text", [CODE, CODE + RUN, "def broken(:\n    pass\n", "", "Only words.", '{"a": 1}'])
    def test_is_not_looked_for_in(self, text: str) -> None:
        assert module_in(text) is None
