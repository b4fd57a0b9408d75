"""The step Check: run rules, go through the findings, accept them, see how far each village is."""
