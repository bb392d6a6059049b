"""Results in, Plotly figures out; no files, no Streamlit."""
