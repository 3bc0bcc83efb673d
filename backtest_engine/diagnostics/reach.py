"""Names that reach out of a strategy: files, the network, other programs."""

import ast
from collections.abc import Iterator

from backtest_engine.diagnostics.source import Source

FILES = frozenset(
    [
        "open", "io.open", "io.FileIO", "os.open", "os.remove", "os.unlink", "os.rename", "os.mkdir", "os.makedirs",
        "os.rmdir", "shutil.copy", "shutil.rmtree", "shutil.move", "pathlib.Path", "pickle.load", "pickle.dump",
        "numpy.load", "numpy.save", "numpy.savetxt", "numpy.loadtxt", "numpy.genfromtxt", "numpy.fromfile",
        "numpy.memmap", "numpy.savez", "sqlite3.connect", "tempfile.NamedTemporaryFile", "tempfile.mkdtemp",
        "tempfile.mkstemp", "glob.glob", "csv.reader", "csv.writer", "shelve.open", "json.load", "json.dump",
        "logging.FileHandler", "codecs.open", "zipfile.ZipFile", "tarfile.open",
    ]
)  # fmt: skip
NETWORK = frozenset(
    [
        "socket", "ssl", "http", "urllib", "urllib3", "requests", "httpx", "aiohttp", "ftplib", "smtplib",
        "telnetlib", "websocket", "websockets", "paramiko", "boto3", "webbrowser", "xmlrpc", "imaplib", "poplib",
    ]
)  # fmt: skip
PROCESSES = frozenset(
    [
        "os.system", "os.popen", "os.fork", "os.kill", "os.killpg", "os._exit", "os.execv", "os.execl", "os.execve",
        "os.spawnl", "os.spawnv", "os.abort", "os.posix_spawn", "subprocess.run", "subprocess.Popen",
        "subprocess.call", "subprocess.check_output", "threading.Thread", "multiprocessing.Process", "signal.signal",
        "signal.alarm", "atexit.register", "os.setuid", "os.chroot", "os.nice",
    ]
)  # fmt: skip


def called_names(source: Source) -> Iterator[tuple[ast.Call, str]]:
    """Yield each call with its dotted name, imports resolved."""
    for node in source.every(ast.Call):
        label = source.dotted(node.func)
        if label:
            yield node, label


def roots(source: Source) -> Iterator[tuple[ast.Import | ast.ImportFrom, str]]:
    """Yield each import with its top package."""
    for node in source.every(ast.Import):
        for alias in node.names:
            yield node, alias.name.split(".")[0]
    for node in source.every(ast.ImportFrom):
        if not node.level:
            yield node, (node.module or "").split(".")[0]


def address(node: ast.Call) -> bool:
    """Whether a call is given an address of the network."""
    return any(
        isinstance(item, ast.Constant) and str(item.value).startswith(("http:", "https:", "ftp:")) for item in node.args
    )


def prepares(source: Source, node: ast.AST) -> bool:
    """Whether a node lies outside the strategy in a file with its own backtest: what it reads are the bars of the run.

    An import lies inside where the strategy uses what it binds.
    """
    if source.own_run is None:
        return False
    if isinstance(node, ast.Import | ast.ImportFrom):
        bound = {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        used = [item for item in source.every(ast.Name) if item.id in bound]
        return all(prepares(source, item) for item in used)
    around = [node, *source.above(node)]
    return not any(item in around for item in source.lineage)
