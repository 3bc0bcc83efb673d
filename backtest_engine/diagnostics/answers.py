"""The module in an answer as chat models give it: fences, sentences, JSON that holds code, marks of thinking."""

import ast
import html
import json
import re
from collections.abc import Iterator
from functools import lru_cache

_FENCE = re.compile(r"^[ \t]*(```+|~~~+)[ \t]*([\w+.-]*)[^\n`]*$", re.MULTILINE)
_STRATEGY = re.compile(r"^[ \t]*class\s+(\w+)\s*\([^)\n]*Strategy", re.MULTILINE)
_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"^[ \t]*</?[\w-]+[^>\n]*>[ \t]*$", re.MULTILINE)
_CODE_TAG = re.compile(r"</?(?:pre|code)\b[^>\n]*>", re.IGNORECASE)
_CODE = re.compile(r"(from\s+[\w.]+\s+import\b|import\s+\w|class\s+\w+.*:|(?:async\s+)?def\s+\w+\(|@\w|#|\"\"\"|''')")
_STATEMENT = re.compile(
    r"[\w.\[\]\"', ]+\s*(?:=(?!=)|\+=)|[\w.]+\(|(?:if|for|while|try|with|else|except|pass)\b.*:?\s*$"
)
_OTHER_LANGUAGES = frozenset({"bash", "sh", "shell", "console", "text", "txt", "json", "output", "yaml", "pine"})
_DIFF_HEAD = re.compile(r"^(?:diff --git |index \w+\.\.|--- |\+\+\+ |@@ |\\ No newline).*\n?", re.MULTILINE)
_NUMBERED = re.compile(r"^[ \t]*\d+(?:[ \t]*[|:→]|(?=\s|$))", re.MULTILINE)
_LEFT_OUT = re.compile(
    r"^[ \t]+#[ \t]*(?:(?:\.\.\.|…).*|.*\b(?:rest of|remaining|existing|same as before|unchanged)\b.*(?:\.\.\.|…).*)$",
    re.MULTILINE | re.IGNORECASE,
)
_YAML_BLOCK = re.compile(r"^([ \t]*)[\w-]+:[ \t]*[|>][+-]?[ \t]*\n((?:\1[ \t]+\S.*\n?|[ \t]*\n)+)", re.MULTILINE)
_MOST_CANDIDATES = 12


def module_in(text: str) -> str | None:
    """Return the module that an answer holds, None where the text is not an answer around one."""
    return _module_in(text) if len(text) <= 200_000 else None


@lru_cache(maxsize=8)
def _module_in(text: str) -> str | None:
    if _parses(text) and _STRATEGY.search(text):
        return _from_literal(text)
    said = _CODE_TAG.sub("", _THOUGHT.sub("", text))
    if said != text and "&" in said and not _parses(said):
        said = html.unescape(said)
    for read in (_from_json, _from_string, _from_fences, _from_diff, _from_yaml, _from_prose):
        found = read(said)
        if found is not None and found.strip() != text.strip():
            return found.strip("\n") + "\n"
    return None


def stands_for_code(text: str) -> str | None:
    """Return the remark inside the strategy that an answer breaks off with, or that stands for code; None without."""
    left_out = _LEFT_OUT.search(text)
    if left_out is not None:
        return left_out[0].strip()
    blocks = list(_blocks(text))
    last = text.rstrip().rsplit("\n", 1)[-1]
    opened = bool(blocks) and text.rstrip().endswith(blocks[-1][1].rstrip().rsplit("\n", 1)[-1].strip())
    return last.strip() if opened and re.match(r"\s+#", last) else None


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _from_json(text: str) -> str | None:
    """Return the longest text inside a JSON document that is a strategy, also where the document was cut off."""
    start = text.find("{")
    if start < 0 or '"' not in text or not re.search(r'"\s*:\s*(?:\[\s*)*"', text):
        return None
    try:
        document = json.JSONDecoder(strict=False).raw_decode(text[start:])[0]
    except (ValueError, RecursionError):
        return _cut_off_string(text)
    found = [item for item in _texts(document) if _STRATEGY.search(item)]
    best = max(found, key=len, default=None)
    return None if best is None else module_in(best) or best


def _texts(document: object) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, list) and document and all(_is_line(item) for item in document):
        yield "\n".join(document)
    elif isinstance(document, dict | list):
        for item in document.values() if isinstance(document, dict) else document:
            yield from _texts(item)


def _is_line(item: object) -> bool:
    return isinstance(item, str) and "\n" not in item


def _cut_off_string(text: str) -> str | None:
    """Return a string of code whose document breaks off, as far as it goes."""
    for match in re.finditer(r'"[\w ]+"\s*:\s*"((?:[^"\\]|\\.)*)', text, re.DOTALL):
        written = match[1]
        if "class " in written and "\\n" in written:
            try:
                return str(json.loads(f'"{written}"', strict=False))
            except ValueError:
                continue
    return None


def _from_literal(text: str) -> str | None:
    """Return the module that a Python text only holds as a string, as in `code = \"\"\"…\"\"\"`."""
    nodes = list(ast.walk(ast.parse(text)))
    if any(isinstance(node, ast.ClassDef) for node in nodes):
        return None
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return max((item for item in texts if _STRATEGY.search(item)), key=len, default=None)


def _from_string(text: str) -> str | None:
    """Return the module of an answer that is one string, its line breaks written as `\\n`."""
    line = text.strip()
    if "\n" in line or "\\n" not in line:
        return None
    try:
        code = str(json.loads(line if line.startswith('"') else f'"{line}"'))
    except ValueError:
        code = line.strip("\"'").replace("\\n", "\n").replace("\\'", "'")
    return module_in(code) or code if _STRATEGY.search(code) else None


def _from_yaml(text: str) -> str | None:
    """Return the block of a YAML document that is a strategy."""
    blocks = [_dedented(match[2]) for match in _YAML_BLOCK.finditer(text)]
    return next((block for block in blocks if _STRATEGY.search(block)), None)


def _from_diff(text: str) -> str | None:
    """Return what a diff leads to, where it shows the whole module."""
    if not re.search(r"^\+", text, re.MULTILINE):
        return None
    code = _after(text)
    return code if _parses(code) and _STRATEGY.search(code) else None


def _after(diff: str) -> str:
    """Return the new side of a diff."""
    lines = _DIFF_HEAD.sub("", diff).split("\n")
    return "\n".join(line[1:] if line[:1] in ("+", " ") else line for line in lines if not line.startswith("-"))


def _from_fences(text: str) -> str | None:
    found = [(language, code) for language, code in _blocks(text) if language not in _OTHER_LANGUAGES]
    blocks = [_after(code) if language in ("diff", "patch") else _unnumbered(code) for language, code in found]
    strategies = [place for place, code in enumerate(blocks) if _STRATEGY.search(code)]
    if not strategies:
        loose = [code for code in blocks if "class " in code]
        return max(loose, key=len, default=None)
    chosen = strategies[-1]
    readable = [place for place in strategies if _parses(blocks[place])]
    if readable:
        chosen = readable[-1]
    names = set(_STRATEGY.findall(blocks[chosen]))
    kept = [
        code
        for place, code in enumerate(blocks)
        if place == chosen or (_parses(code) and not names & set(_STRATEGY.findall(code)) and _is_module_code(code))
    ]
    return "\n\n".join(code.strip("\n") for code in kept)


def _unnumbered(code: str) -> str:
    """Return code without the numbers that stand before each of its lines."""
    lines = [line for line in code.split("\n") if line.strip()]
    if not lines or not all(map(_NUMBERED.match, lines)):
        return code
    bare = [_NUMBERED.sub(lambda found: " " * len(found[0]), line) for line in code.expandtabs().split("\n")]
    return _dedented("\n".join(bare))


def _is_module_code(code: str) -> bool:
    """Whether a block says something of its own, and does not only show a piece of a method."""
    return "self." not in re.sub(r"^(?:class|def) .*?(?=^\S|\Z)", "", code, flags=re.MULTILINE | re.DOTALL)


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield language and text of each fenced block; the last may lack its end."""
    place: int | None = None
    language = sign = ""
    for match in _FENCE.finditer(text):
        if place is None:
            place, language, sign = match.end() + 1, match[2].lower(), match[1][0]
        elif match[1][0] == sign and not match[2]:
            yield language, _dedented(text[place : match.start()])
            place = None
        elif match[2]:
            # A fence that opens where another is open: the end of that one was forgotten.
            yield language, _dedented(text[place : match.start()])
            place, language, sign = match.end() + 1, match[2].lower(), match[1][0]
    if place is not None:
        yield language, _dedented(text[place:])


def _dedented(code: str) -> str:
    lines = [line for line in code.split("\n") if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in lines), default=0)
    return "\n".join(line[margin:] if line.strip() else "" for line in code.split("\n"))


def _from_prose(text: str) -> str | None:
    """Return the lines between the sentences before a module and those after it."""
    lines = _TAG.sub("", text).split("\n")
    starts = [place for place, line in enumerate(lines) if _CODE.match(line)]
    first_class = next((place for place, line in enumerate(lines) if _STRATEGY.match(line)), None)
    if not starts or first_class is None:
        return None
    ends = [place for place, line in enumerate(lines) if place > first_class and _is_prose(line)]
    for start in [place for place in starts if place <= first_class][:_MOST_CANDIDATES]:
        for end in [len(lines), *ends[:_MOST_CANDIDATES]]:
            code = _without_sentences(lines[start:end], first_class - start)
            if _parses(code):
                return code
    if not any(_is_prose(line) for line in (*lines[: starts[0]], *lines[first_class:])):
        return None
    end = ends[0] if ends else len(lines)
    return "\n".join(lines[starts[0] : end])


def _without_sentences(lines: list[str], until: int) -> str:
    """Drop sentences between the imports and the class."""
    return "\n".join(line for place, line in enumerate(lines) if place >= until or not _is_prose(line))


def _is_prose(line: str) -> bool:
    """Whether an unindented line is a sentence, a heading or an item, and no statement."""
    if not line.strip() or line[0].isspace() or _CODE.match(line) or _STATEMENT.match(line):
        return False
    return bool(re.match(r"[-*•>]\s|\*\*|\d+[.)]\s|[^\W\d_][\w'’*`-]*[,:.!]?(?:\s|$)", line))
