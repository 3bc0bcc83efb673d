"""Text that Python cannot read."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules.syntax import (
    assignment_in_condition,
    bad_indentation,
    html_entities,
    invalid_syntax,
    missing_colon,
    other_language_syntax,
    pasted_answer,
    pasted_marks,
    python2_syntax,
    truncated_code,
    typographic_characters,
    unbalanced_brackets,
    unterminated_string,
)

RULES: tuple[Rule, ...] = (
    assignment_in_condition.RULE,
    bad_indentation.RULE,
    html_entities.RULE,
    invalid_syntax.RULE,
    pasted_answer.RULE,
    missing_colon.RULE,
    other_language_syntax.RULE,
    pasted_marks.RULE,
    python2_syntax.RULE,
    truncated_code.RULE,
    typographic_characters.RULE,
    unbalanced_brackets.RULE,
    unterminated_string.RULE,
)
