"""Whether motion correction helped: measures with intervals, a verdict, the survey and preview of a recording."""
