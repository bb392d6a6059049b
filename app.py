"""Calscope in the browser: `streamlit run app.py`."""

from calscope.ui.frame import shell

shell.run()
