"""Calscope in the browser: `streamlit run app.py`."""

from calscope.ui import shell

shell.run()
