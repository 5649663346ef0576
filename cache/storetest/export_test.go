package storetest

// RunLaws is Run for some of the laws: the test of time to live waits for the
// wall clock.
var RunLaws = run
