"""The core's commands as algorithms of the toolbox, models, batch and qgis_process."""
