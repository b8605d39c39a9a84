module mcp-unit-convert

go 1.19
