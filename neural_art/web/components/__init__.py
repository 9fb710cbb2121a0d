"""What stock components cannot do: custom ``gr.HTML`` components, each a class, a ``.js`` and an ``.html`` file."""
