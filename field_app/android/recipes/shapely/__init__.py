"""Shapely 2; python-for-android's own is 1.7."""

from pathlib import Path

from pythonforandroid.recipe import PyProjectRecipe


class ShapelyRecipe(PyProjectRecipe):
    """Its setup.py takes GEOS from GEOS_INCLUDE_PATH and GEOS_LIBRARY_PATH; the version is that of
    the spec's requirements."""

    version = "2.1.2"
    url = "https://files.pythonhosted.org/packages/source/s/shapely/shapely-{version}.tar.gz"
    depends = ["libgeos", "numpy"]  # noqa: RUF012 - python-for-android reads it so
    need_stl_shared = True

    def get_recipe_env(self, arch, **kwargs):
        env = super().get_recipe_env(arch, **kwargs)
        geos = Path(self.get_recipe("libgeos", self.ctx).get_build_dir(arch.arch), "install_target")
        env["GEOS_INCLUDE_PATH"] = str(geos / "include")
        env["GEOS_LIBRARY_PATH"] = str(geos / "lib")
        # Before the headers of the machine's own numpy, which setup.py asks for: types differ.
        headers = self.get_recipe("numpy", self.ctx).get_include(arch)
        env["CFLAGS"] = f"-I{headers} {env.get('CFLAGS', '')}"
        return env


recipe = ShapelyRecipe()
