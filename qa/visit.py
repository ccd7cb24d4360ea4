"""One visitor's session: the conversation, the open articles, the choices made, and articles that are this visitor's alone.

Knows nothing of gradio or of servers: it keeps state, and draws it by `qa.rendering` and `qa.pane`.
"""
