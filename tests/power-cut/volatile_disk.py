"""A disk with a volatile write cache, as one FUSE file: what is written is lost in a power cut unless it was flushed.

    volatile_disk.py MOUNT MIB IMAGES

`MOUNT/disk.img` is the disk; put a loop device and a file system on it. A write changes what is read back at once, and
stays in the cache until the disk is flushed (fsync of the file, which is what the loop driver makes of a flush). Writing
`snap NAME SEED` to `MOUNT/ctl` writes the disk as a power cut would leave it at that instant to `IMAGES/NAME`: all that
was flushed, and of the cache, by the seed, nothing, a beginning, all of it, or any blocks of 4 KiB with any others
missing. What came of it is in `IMAGES/NAME.json`.
"""

import errno
import json
import os
import random
import stat
import sys
import threading

import mfusepy as fuse

BLOCK = 4096
KINDS = ("nothing", "beginning", "everything", "some blocks", "some blocks")


class VolatileDisk(fuse.Operations):
    use_ns = True

    def __init__(self, size, images):
        self.guard = threading.Lock()
        self.images = images
        self.present = bytearray(size)  # what is read back
        self.durable = bytearray(size)  # what survives for certain
        self.cache = []  # (offset, bytes), in the order written
        self.flushes = 0
        self.writes = 0

    def getattr(self, path, fh=None):
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
        size = {"/disk.img": len(self.present), "/ctl": 0}.get(path)
        if size is None:
            raise fuse.FuseOSError(errno.ENOENT)
        return {"st_mode": stat.S_IFREG | 0o644, "st_nlink": 1, "st_size": size}

    def readdir(self, path, fh):
        return [".", "..", "disk.img", "ctl"]

    def open(self, path, flags):
        return 0

    def truncate(self, path, length, fh=None):
        return 0

    def flush(self, path, fh):
        return 0

    def read(self, path, size, offset, fh):
        with self.guard:
            return bytes(self.present[offset : offset + size])

    def write(self, path, data, offset, fh):
        if path == "/ctl":
            word, name, seed = data.decode().split()
            assert word == "snap"
            self.snap(name, int(seed))
            return len(data)
        with self.guard:
            self.present[offset : offset + len(data)] = data
            self.cache.append((offset, bytes(data)))
            self.writes += 1
        return len(data)

    def fsync(self, path, datasync, fh):
        if path == "/disk.img":
            with self.guard:
                apply(self.durable, self.cache)
                self.cache = []
                self.flushes += 1
        return 0

    def snap(self, name, seed):
        with self.guard:
            image = bytearray(self.durable)
            cache = list(self.cache)
            counts = {"writes": self.writes, "flushes": self.flushes, "cached": len(cache)}
        kind, survived = survivors(cache, random.Random(seed))
        apply(image, survived)
        write_sparse(os.path.join(self.images, name), image)
        counts |= {"survived": kind}
        with open(os.path.join(self.images, name + ".json"), "w") as note:
            json.dump(counts, note)


def survivors(cache, chance):
    """The part of a volatile cache that a power cut spares."""
    kind = chance.choice(KINDS)
    if kind == "nothing":
        return kind, []
    if kind == "everything":
        return kind, cache
    if kind == "beginning":
        return kind, cache[: chance.randint(0, len(cache))]
    share = chance.random()
    blocks = (
        (offset + at, data[at : at + BLOCK]) for offset, data in cache for at in range(0, len(data), BLOCK)
    )
    return kind, [block for block in blocks if chance.random() < share]


def apply(image, writes):
    for offset, data in writes:
        image[offset : offset + len(data)] = data


def write_sparse(path, image):
    zero = bytes(1 << 16)
    with open(path, "wb") as file:
        file.truncate(len(image))
        for at in range(0, len(image), len(zero)):
            part = image[at : at + len(zero)]
            if part != zero[: len(part)]:
                file.seek(at)
                file.write(part)


if __name__ == "__main__":
    mount, mib, images = sys.argv[1:]
    disk = VolatileDisk(int(mib) << 20, images)
    fuse.FUSE(disk, mount, foreground=True, direct_io=False)
