// Serves the tools over MCP at /mcp, a page for people and a health check, on port 8000.
// With the argument "health" it asks the running server instead: the image has no other program that could.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"time"
)

const address = ":8000"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "health" {
		os.Exit(askForHealth())
	}
	server := &http.Server{
		Addr:              address,
		Handler:           routes(digits(os.Getenv("DIGITS"))),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
	}
	log.Fatal(server.ListenAndServe())
}

func digits(text string) int {
	if text == "" {
		return 6
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 || number > 15 {
		log.Fatalf("DIGITS is %q; it has to be a number from 1 to 15", text)
	}
	return number
}

func askForHealth() int {
	client := http.Client{Timeout: 2 * time.Second}
	reply, err := client.Get("http://127.0.0.1" + address + "/health")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return 1
	}
	return 0
}
