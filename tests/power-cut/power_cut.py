"""Cuts the power of a store's disk again and again, and counts what was acknowledged or seen and is gone.

    power_cut.py PROGRAM [CUTS]

PROGRAM is `planseal-appends`. It writes on an ext4 of its own, on a disk whose write cache is volatile
(`volatile_disk.py`); a reader in the same process looks for everything before its writer hears of it. At random moments
the disk is copied as a power cut would leave it. Each copy is mounted, which replays the journal, and the store opened
again: everything that was said before the cut must be there. The control is the same store over the same folder without
fsync: it must lose something, or the cuts are not real. Needs root (loop devices), Debian `fuse3`, PyPI `mfusepy`.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time

MIB = 256
HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = "{:<10} {:>4} {:>7} {:>7} {:>6}  {:<11} {:>12} {:>6} {:>7} {:>6}  {}"


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **options).stdout.strip()


class Volume:
    """An ext4 on a loop device on a disk image."""

    def __init__(self, image, mount):
        os.makedirs(mount, exist_ok=True)
        self.mount = mount
        self.device = run("losetup", "--find", "--show", image)
        run("mount", "-t", "ext4", self.device, mount)

    def close(self):
        run("umount", self.mount)
        run("losetup", "--detach", self.device)


class Disk:
    """The volatile disk, with a volume on it."""

    def __init__(self, work):
        self.folder, self.images = os.path.join(work, "fuse"), os.path.join(work, "images")
        os.makedirs(self.folder)
        os.makedirs(self.images)
        disk = os.path.join(HERE, "volatile_disk.py")
        self.process = subprocess.Popen([sys.executable, disk, self.folder, str(MIB), self.images])
        self.image = os.path.join(self.folder, "disk.img")
        while not os.path.exists(self.image):
            assert self.process.poll() is None, "the disk did not start"
            time.sleep(0.05)
        run("mkfs.ext4", "-q", "-F", "-i", "4096", self.image)
        self.volume = Volume(self.image, os.path.join(work, "volume"))

    def cut(self, name, seed):
        with open(os.path.join(self.folder, "ctl"), "w") as control:
            control.write(f"snap {name} {seed}")
        return os.path.join(self.images, name)

    def close(self):
        self.volume.close()
        run("fusermount3", "-u", self.folder)
        self.process.wait()


def crash_images(program, road, work, cuts, chance):
    """Lets the program append, and cuts the power at random moments; what it had said by then goes with each image."""
    disk = Disk(work)
    said = os.path.join(work, "said")
    arguments = [program, "append", road, os.path.join(disk.volume.mount, "store"), os.path.join(work, "key"), "0"]
    with open(said, "wb") as out:
        writer = subprocess.Popen(arguments, stdout=out)
    try:
        while os.path.getsize(said) < 4096:
            assert writer.poll() is None, "the program ended by itself"
            time.sleep(0.05)
        # Without this the control would lose its very beginning every time, and show no more than that.
        run("sync", "--file-system", disk.volume.mount)
        images = []
        for number in range(cuts):
            time.sleep(chance.uniform(0.2, 1.5))
            assert writer.poll() is None, "the program ended by itself"
            heard = os.path.getsize(said)
            images.append((disk.cut(f"{road}-{number}", chance.randrange(1 << 32)), heard))
    finally:
        writer.kill()
        writer.wait()
        disk.close()
    with open(said, "rb") as spoken:
        words = spoken.read()
    return [(image, words[:heard]) for image, heard in images]


def judge(program, road, image, heard, work):
    """Mounts a crash image, opens the store and compares it with what was heard before the cut."""
    volume = Volume(image, os.path.join(work, "crashed"))
    try:
        place = [os.path.join(volume.mount, "store"), os.path.join(work, "key")]
        judged = subprocess.run([program, "judge", road, *place], input=heard, stdout=subprocess.PIPE)
    finally:
        volume.close()
    if judged.returncode != 0:
        # It opened and could not be read: that counts as everything lost.
        lines = heard.split(b"\n")
        acknowledged = sum(line.startswith(b"acknowledged") for line in lines)
        seen = len(lines) - 1 - acknowledged
        return [acknowledged, acknowledged, seen, seen, 0, "cannot be read"]
    *numbers, opened = judged.stdout.decode().strip().split(" ", 5)
    return [*map(int, numbers), opened]


def series(program, road, cuts, chance):
    """All the cuts of one way of writing; returns how much was lost of what was acknowledged, and of what was seen."""
    total = [0, 0, 0, 0]
    with tempfile.TemporaryDirectory(prefix="planseal-power-cut-") as work:
        for number, (image, heard) in enumerate(crash_images(program, road, work, cuts, chance)):
            with open(image + ".json") as note:
                disk = json.load(note)
            found = judge(program, road, image, heard, work)
            os.remove(image)
            row = [road, number + 1, disk["writes"], disk["flushes"], disk["cached"], disk["survived"], *found[:4], found[5][:60]]
            print(COLUMNS.format(*row), flush=True)
            total = [sum(pair) for pair in zip(total, found)]
    print(COLUMNS.format(road, "all", "", "", "", "", *total, ""), flush=True)
    return total[1], total[3]


def main():
    program, cuts = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 12
    seed = int(os.environ.get("PLANSEAL_SEED", random.randrange(1 << 32)))
    print(f"PLANSEAL_SEED={seed}: {cuts} cuts each, ext4, {MIB} MiB")
    print(COLUMNS.format("", "cut", "writes", "flushes", "cached", "survived", "acknowledged", "lost", "seen", "lost", "store"))
    chance = random.Random(seed)
    durable = series(program, "durable", cuts, chance)
    control = series(program, "unflushed", cuts, chance)
    if durable != (0, 0):
        sys.exit("the store lost what it had acknowledged or shown")
    if control[0] == 0:
        sys.exit("the control lost nothing: these cuts prove nothing")
    print("nothing acknowledged and nothing seen was lost; the control without fsync lost both counts above")


if __name__ == "__main__":
    main()
