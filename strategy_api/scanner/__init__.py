"""The agent that looks over markets as bars close, and says whether its signals were worth anything."""
