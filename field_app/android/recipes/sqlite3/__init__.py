"""SQLite with R*Tree, which spatial indexes are made of; python-for-android's own has none."""

from pythonforandroid.recipes.sqlite3 import Sqlite3Recipe


class WithRTree(Sqlite3Recipe):
    """The compiler is told what configure's --enable-rtree would tell it."""

    def get_recipe_env(self, arch=None, with_flags_in_cc=True):
        env = super().get_recipe_env(arch, with_flags_in_cc)
        env["CFLAGS"] = f"{env.get('CFLAGS', '')} -DSQLITE_ENABLE_RTREE=1"
        return env


recipe = WithRTree()
