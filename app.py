"""Calscope in the browser: `streamlit run app.py`.

This file is read twice: the server imports it for `app`, and runs it as the program of every session.
"""

if __name__ == "__main__":
    from calscope.ui.frame import shell

    shell.run()
else:
    import streamlit as st

    from calscope.ui.frame import server_start
    from calscope.ui.server import doors
    from calscope.ui.share import download_route

    app = st.App(
        "app.py",
        routes=download_route.routes(),
        middleware=doors.middleware(),
        lifespan=server_start.lifespan,
    )
