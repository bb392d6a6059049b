"""The only Streamlit code outside the page files."""
