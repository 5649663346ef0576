package validatevet

// NewAnalyzer makes an Analyzer with flags of its own.
var NewAnalyzer = newAnalyzer
