"""Reaching out of the sandbox, tampering, instructions to the reader."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules.safety import (
    edits_broker,
    edits_data,
    environment_access,
    file_access,
    forbidden_action,
    forbidden_module,
    instructions_in_text,
    introspection,
    network_access,
    obfuscated_code,
    private_attribute,
    process_access,
)

RULES: tuple[Rule, ...] = (
    environment_access.RULE,
    file_access.RULE,
    forbidden_action.RULE,
    forbidden_module.RULE,
    introspection.RULE,
    network_access.RULE,
    obfuscated_code.RULE,
    process_access.RULE,
    edits_broker.RULE,
    edits_data.RULE,
    instructions_in_text.RULE,
    private_attribute.RULE,
)
