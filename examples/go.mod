module heapreel.example

go 1.22
