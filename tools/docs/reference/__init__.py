"""The reference pages: states, inputs, conditions, codes and effects, with what the machine says of each."""
