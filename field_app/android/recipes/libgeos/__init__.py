"""GEOS as shapely 2 wants it; python-for-android's own is too old."""

from multiprocessing import cpu_count
from pathlib import Path

import sh
from pythonforandroid.logger import shprint
from pythonforandroid.recipe import Recipe
from pythonforandroid.util import current_directory


class LibgeosRecipe(Recipe):
    """libgeos.so and libgeos_c.so beside each other, and the headers in install_target."""

    version = "3.13.1"
    url = "https://download.osgeo.org/geos/geos-{version}.tar.bz2"
    built_libraries = {  # noqa: RUF012 - python-for-android reads it so
        "libgeos.so": "install_target/lib",
        "libgeos_c.so": "install_target/lib",
    }
    need_stl_shared = True

    def build_arch(self, arch):
        super().build_arch(arch)
        source = Path(self.get_build_dir(arch.arch))
        build = source / "build_target"
        build.mkdir(exist_ok=True)
        toolchain = Path(self.ctx.ndk_dir) / "build" / "cmake" / "android.toolchain.cmake"
        env = self.get_recipe_env(arch)
        with current_directory(str(build)):
            shprint(
                sh.cmake,
                str(source),
                f"-DCMAKE_TOOLCHAIN_FILE={toolchain}",
                f"-DANDROID_ABI={arch.arch}",
                f"-DANDROID_PLATFORM=android-{self.ctx.ndk_api}",
                f"-DANDROID_STL={self.stl_lib_name}",
                f"-DCMAKE_INSTALL_PREFIX={source / 'install_target'}",
                "-DCMAKE_BUILD_TYPE=Release",
                "-DBUILD_SHARED_LIBS=ON",
                "-DBUILD_TESTING=OFF",
                "-DBUILD_GEOSOP=OFF",
                _env=env,
            )
            shprint(sh.make, f"-j{cpu_count()}", _env=env)
            shprint(sh.make, "install", _env=env)


recipe = LibgeosRecipe()
