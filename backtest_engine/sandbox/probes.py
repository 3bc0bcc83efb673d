"""Strategies that try every wall, one attempt after the other, and print what came of each as JSON.

They are sources, run like any other strategy: what they find is what an attacker would.
"""

# An attempt's outcome is the errno it failed with, "refused" for another refusal, or what it got.
_FRAME = """
import ctypes, errno, json, os, resource, signal, socket, sys, threading
from backtesting import Strategy

libc = ctypes.CDLL(None, use_errno=True)
found = {}


def call(*arguments):
    result = libc.syscall(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def attempt(name, action):
    try:
        got = action()
    except OSError as error:
        found[name] = errno.errorcode.get(error.errno, str(error.errno))
    except (MemoryError, RuntimeError, ValueError) as error:
        found[name] = "refused"
    else:
        found[name] = "allowed: " + ascii(got)[:80]


def probe():
%s


class Probe(Strategy):
    def init(self):
        probe()
        print("PROBE " + json.dumps(found), flush=True)

    def next(self):
        pass
"""


def _strategy(body: str) -> str:
    return _FRAME % "\n".join("    " + line for line in body.strip().splitlines())


DESCRIPTORS = _strategy("""
def is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
extra = [d for d in range(4, 1024) if is_open(d)]
found["open descriptors"] = "refused" if not extra else "allowed: %s" % extra
""")

IDENTITY = _strategy("""
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
held = [name for name in ("CapInh", "CapPrm", "CapEff", "CapAmb") if int(status[name], 16)]
found["capabilities"] = "refused" if not held else "allowed: %s" % held
found["new privileges"] = "refused" if status["NoNewPrivs"].strip() == "1" else "allowed"
found["user"] = " ".join(status["Uid"].split())
attempt("become root again", lambda: os.getuid() and (os.setuid(0), 1))
""")

RESOURCES = _strategy("""
for name in ("CPU", "AS", "DATA", "STACK", "NOFILE", "FSIZE", "NPROC", "CORE", "MEMLOCK", "MSGQUEUE"):
    soft, hard = resource.getrlimit(getattr(resource, "RLIMIT_" + name))
    bounded = soft == hard != resource.RLIM_INFINITY
    found["limit " + name] = "refused" if bounded else "allowed: %s" % ((soft, hard),)
attempt("more memory than allowed", lambda: len(bytearray(1 << 42)))
""")

LANDLOCK = _strategy("""
for path in ("/proc/self/environ", "/etc/passwd", "/", sys.executable):
    attempt("open " + path, lambda: os.open(path, os.O_RDONLY))
private = "/tmp/algoagent-probe-%d" % os.getpid()
attempt("create a file", lambda: (os.open(private, os.O_CREAT | os.O_WRONLY), os.unlink(private)))
def connect():
    with socket.socket() as s:
        s.connect(("127.0.0.1", 9))
attempt("connect", connect)
""")

_CALLS = """
for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_VSOCK", "AF_ALG"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        attempt("socket %s %d" % (family, kind), lambda: socket.socket(getattr(socket, family), kind))
attempt("socketpair", socket.socketpair)
attempt("pipe", os.pipe)
attempt("memfd", lambda: os.memfd_create("x"))
for path in ("/proc/self/environ", "/proc/%d/environ" % os.getppid(), "/etc/passwd", "/", ".", sys.executable):
    attempt("open " + path, lambda: os.open(path, os.O_RDONLY))
    attempt("stat " + path, lambda: os.stat(path))
attempt("create a file", lambda: os.open("x", os.O_CREAT | os.O_WRONLY))
attempt("make a directory", lambda: os.mkdir("/tmp/x"))
attempt("change a mode", lambda: os.chmod("/tmp", 0o1777))
attempt("set a time", lambda: os.utime("/tmp"))
attempt("fork", os.fork)
attempt("thread", lambda: threading.Thread(target=print).start())
attempt("exec", lambda: os.execv(sys.executable, ["x"]))
attempt("signal the parent", lambda: os.kill(os.getppid() or 1, 0))
attempt("signal everyone", lambda: os.kill(-1, 0))
attempt("signal the group", lambda: os.killpg(0, 0))
attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 0))
attempt("raise a limit", lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16)))
attempt("duplicate a descriptor", lambda: os.dup(1))
import mmap
attempt("executable memory", lambda: mmap.mmap(-1, 4096, prot=7))
"""
_SURROUNDINGS = """
found["environment"] = "refused" if not os.environ else "allowed: %s" % list(os.environ)
found["imports from disk"] = "refused" if not sys.path else "allowed: %s" % sys.path
attempt("more memory than allowed", lambda: len(bytearray(1 << 42)))
"""
SECCOMP = _strategy(_CALLS)
TOGETHER = _strategy(_SURROUNDINGS + _CALLS)

ENDLESS = """
from backtesting import Strategy


class Probe(Strategy):
    def init(self):
        while True:
            pass

    def next(self):
        pass
"""


def fatal_call(number: int) -> str:
    """Return a strategy that makes one system call, after which it should not exist any more."""
    return _strategy(f'libc.syscall({number}, 0, 0, 0, 0, 0, 0)\nfound["it lives"] = "allowed"')
