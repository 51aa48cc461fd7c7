"""A GPIO chip where the kernel has none: real libgpiod over `gpio_kernel.c`, which answers its system calls."""

import mmap
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("gpio_kernel.c")
LINES, GONE, BUSY = 32, 32, 33


class EmulatedChip:
    """`/dev/gpiochip0` for every program that is started with `environment`. Wires begin open."""

    address = "gpiochip0"

    def __init__(self, folder: Path) -> None:
        if shutil.which("cc") is None or not Path("/usr/include/linux/gpio.h").exists():
            pytest.skip("needs a C compiler and linux/gpio.h (Debian: gcc, linux-libc-dev)")
        library, levels = folder / "gpio_kernel.so", folder / "levels"
        switches = ("-Wall", "-Wextra", "-Werror", "-shared", "-fPIC")
        made = ["cc", *switches, "-o", str(library), str(SOURCE), "-ldl", "-lpthread"]
        subprocess.run(made, check=True, timeout=300)
        levels.write_bytes(b"\1" * LINES + b"\0\0")
        self.environment = {"LD_PRELOAD": str(library), "GPIO_KERNEL_LEVELS": str(levels)}
        with levels.open("r+b") as file:
            self._levels = mmap.mmap(file.fileno(), 0)

    def set(self, offset: int, closed: bool) -> None:
        """Close an input's contact to ground, or open it."""
        self._levels[offset] = not closed

    def closed(self, offset: int) -> bool:
        """Whether an output is on."""
        return bool(self._levels[offset])

    def unplug(self) -> None:
        self._levels[GONE] = 1

    def plug_in(self) -> None:
        self._levels[GONE] = 0

    def give_to_another(self) -> None:
        """Another program holds the lines."""
        self._levels[BUSY] = 1
