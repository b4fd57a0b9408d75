"""The ports on Android, through pyjnius; made on the app's main thread, which sees its classes."""
