"""The history after SIGKILL at any moment: 1,000 of programs, half of them
aimed at the moment when a sample is written; 1,000 of a writer that does
nothing else (full size)."""

import json
import os
import pathlib
import random
import subprocess
import time
import unittest

from watched import BUILD, WatchedTest, scaled

VICTIM = str(BUILD / "bin/victim")
AT_ONCE = 20
TICK_MS = 1000
LATE_MS = 100  # between the sampler's waking and its record
LIFE_MS = 2200


def boot_ms():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000000


def waited_ms(pid):
    """How long the sampler's thread waited for a processor, in all."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text() == "inquest\n":
            return int((task / "schedstat").read_text().split()[1]) // 1000000
    raise AssertionError(f"no sampler in {pid}")


class Victim:
    """One program, and the moment at which it is going to be killed."""

    def __init__(self, environment, randomness, aimed):
        self.process = subprocess.Popen([VICTIM, "wait"], env=environment,
                                        stdout=subprocess.PIPE)
        self.process.stdout.readline()
        begin = boot_ms()
        life = randomness.uniform(0, LIFE_MS)
        if aimed:  # the first sample comes at 10 ms, then one a second
            life = (randomness.choice((10, TICK_MS + 10, 2 * TICK_MS + 10))
                    + randomness.uniform(-2, 2))
        self.due_ms = begin + life

    def kill(self):
        while time.clock_gettime(time.CLOCK_BOOTTIME) * 1000 < self.due_ms:
            os.sched_yield()  # to the tenth of a millisecond
        self.waited_ms = waited_ms(self.process.pid)
        self.killed_ms = boot_ms()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class SigkillTest(WatchedTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(4)
        self.environment = dict(self.inquest.environment)
        self.environment["LD_PRELOAD"] = str(BUILD / "lib/libinquest.so")
        self.environment["INQUEST_ALARM_PRESSURE"] = "0"

    def tell(self, paths):
        done = subprocess.run([BUILD / "bin/box_tell", *paths], text=True,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, "a box that cannot be read")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def kill_batch(self, count):
        victims = [Victim(self.environment, self.random, i % 2 == 0)
                   for i in range(count)]
        for victim in sorted(victims, key=lambda one: one.due_ms):
            victim.kill()
        return {victim.process.pid: victim for victim in victims}

    def check(self, box, victim):
        """Its age in ms."""
        age_ms = victim.killed_ms - box["last_boot_ms"]
        self.assertGreaterEqual(box["samples"], 1)
        self.assertEqual(box["foreign"], 0)
        self.assertLessEqual(box["torn"], 1)
        period_ms = box["period_ms"] or TICK_MS
        self.assertLessEqual(age_ms, period_ms + victim.waited_ms + LATE_MS)
        return age_ms

    def test_programs_killed_at_any_moment(self):
        left = scaled(1000, 40)
        ages, torn = [], 0
        while left > 0:
            victims = self.kill_batch(min(left, AT_ONCE))
            paths = list((self.state / "boxes").iterdir())
            boxes = self.tell(paths)
            self.assertEqual({box["pid"] for box in boxes}, set(victims))
            ages += [self.check(box, victims[box["pid"]]) for box in boxes]
            torn += sum(box["torn"] for box in boxes)
            for path in paths:
                path.unlink()
            left -= len(victims)
        ages.sort()
        print(f"{len(ages)} programs killed: every box read, {torn} torn "
              f"records seen, last sample {ages[len(ages) // 2]} ms old "
              f"(median), {ages[-1]} ms at most")

    def test_writer_killed_while_it_writes(self):
        count, torn, samples = scaled(1000, 40), 0, 0
        path = self.directory / "written.box"
        for _ in range(count):
            process = subprocess.Popen([BUILD / "bin/ring_writer", path],
                                       stdout=subprocess.PIPE)
            process.stdout.readline()
            time.sleep(self.random.uniform(0, 0.01))  # the moment is the test
            process.kill()
            process.wait()
            process.stdout.close()
            box, = self.tell([path])
            path.unlink()
            self.assertEqual(box["foreign"], 0, box)
            self.assertLessEqual(box["torn"], 3, box)
            torn += box["torn"]
            samples += box["samples"]
        print(f"{count} writers killed: {torn} torn records seen, none "
              f"believed among {samples}")
        self.assertGreater(torn, 0, "the moments prove nothing")


if __name__ == "__main__":
    unittest.main()
