"""Calscope in the browser: `streamlit run app.py`."""
