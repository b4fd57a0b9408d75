"""What Android starts: the app on the tablet's own folder."""

import os

# Kivy reads its settings when it is imported; the back button is the app's.
os.environ.setdefault("KIVY_NO_ARGS", "1")
os.environ.setdefault("KCFG_KIVY_EXIT_ON_ESCAPE", "0")

from jnius import autoclass

from field_app.app import XiangtuApp
from field_app.platform.android.files import own_folder
from field_app.tidying import keep_modules

folder = own_folder(autoclass("org.kivy.android.PythonActivity").mActivity)
folder.mkdir(parents=True, exist_ok=True)
keep_modules()
XiangtuApp(folder).run()
