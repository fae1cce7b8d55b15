"""The pipeline: recipe, stages, Beam, command line, report. The only folder that imports Beam."""
