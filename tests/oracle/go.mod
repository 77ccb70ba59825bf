module heapreel.oracle

go 1.23
