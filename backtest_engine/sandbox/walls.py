"""The walls around a strategy, by name, and what each one stops."""

DESCRIPTORS = "descriptors"
IDENTITY = "identity"
RESOURCES = "resources"
LANDLOCK = "landlock"
SECCOMP = "seccomp"

WALLS = {
    DESCRIPTORS: "no file, pipe or socket of the worker stays open in the child",
    IDENTITY: "no capability, and a user of its own where the worker is root",
    RESOURCES: "hard limits on memory, CPU time, processes, files and core dumps",
    LANDLOCK: "no file can be opened and no TCP socket connected or bound",
    SECCOMP: "no system call that names a path, a socket, another process or a new program",
}
