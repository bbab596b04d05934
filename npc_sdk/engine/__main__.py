"""The engine process: ``python -m npc_sdk.engine``, started by :class:`npc_sdk.engine.process.ProcessEngine`."""

from npc_sdk.engine.child import main

if __name__ == "__main__":
    main()
