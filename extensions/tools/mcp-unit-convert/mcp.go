package main

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"sort"
	"strings"

	"mcp-unit-convert/units"
)

const (
	version      = "1.0.0"
	protocol     = "2025-03-26"
	largestBody  = 64 << 10
	parseError   = -32700
	wrongRequest = -32600
	noMethod     = -32601
	wrongParams  = -32602
)

type request struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
}

type problem struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

type response struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  any             `json:"result,omitempty"`
	Error   *problem        `json:"error,omitempty"`
}

type server struct{ digits int }

// routes answers for /mcp, /health and the page.
func routes(digits int) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/mcp", server{digits}.serve)
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		send(w, http.StatusOK, map[string]string{"status": "healthy"})
	})
	mux.HandleFunc("/", page)
	return mux
}

// serve takes one JSON-RPC message (streamable HTTP, without sessions) and answers with JSON.
func (s server) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Send JSON-RPC with POST.", http.StatusMethodNotAllowed)
		return
	}
	var asked request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, largestBody)).Decode(&asked); err != nil {
		send(w, http.StatusBadRequest, failed(nil, parseError, "This is no JSON-RPC message."))
		return
	}
	if asked.Version != "2.0" || asked.Method == "" {
		send(w, http.StatusBadRequest, failed(asked.ID, wrongRequest, "This is no JSON-RPC 2.0 request."))
		return
	}
	if len(asked.ID) == 0 { // a notification wants no answer
		w.WriteHeader(http.StatusAccepted)
		return
	}
	send(w, http.StatusOK, s.answer(asked))
}

func (s server) answer(asked request) response {
	switch asked.Method {
	case "initialize":
		return done(asked.ID, map[string]any{
			"protocolVersion": protocol,
			"capabilities":    map[string]any{"tools": map[string]any{}},
			"serverInfo":      map[string]string{"name": "unit-convert", "title": "Unit Converter", "version": version},
		})
	case "ping":
		return done(asked.ID, map[string]any{})
	case "tools/list":
		return done(asked.ID, map[string]any{"tools": tools()})
	case "tools/call":
		return s.call(asked)
	}
	return failed(asked.ID, noMethod, "There is no method "+asked.Method+".")
}

func (s server) call(asked request) response {
	var params struct {
		Name      string `json:"name"`
		Arguments struct {
			Value *float64 `json:"value"`
			From  string   `json:"from"`
			To    string   `json:"to"`
		} `json:"arguments"`
	}
	if err := json.Unmarshal(asked.Params, &params); err != nil {
		return failed(asked.ID, wrongParams, "The arguments cannot be read: "+err.Error())
	}
	switch params.Name {
	case "list_units":
		return done(asked.ID, content(listed(), map[string]any{"units": units.ByKind()}, false))
	case "convert":
		if params.Arguments.Value == nil {
			return done(asked.ID, content("A value is needed, and it is a number.", nil, true))
		}
		result, from, to, err := units.Convert(*params.Arguments.Value, params.Arguments.From, params.Arguments.To)
		if err != nil {
			return done(asked.ID, content(err.Error(), nil, true))
		}
		text := fmt.Sprintf("%s %s = %s %s", units.Shown(*params.Arguments.Value, 15), from, units.Shown(result, s.digits), to)
		return done(asked.ID, content(text, map[string]any{"value": result, "unit": to}, false))
	}
	return failed(asked.ID, wrongParams, "There is no tool "+params.Name+".")
}

func tools() []any {
	text := map[string]any{"type": "string", "description": "A unit, such as km/h, feet or °C."}
	return []any{
		map[string]any{
			"name":        "convert",
			"description": "Converts a value from one unit to another of the same kind.",
			"inputSchema": map[string]any{
				"type":       "object",
				"properties": map[string]any{"value": map[string]any{"type": "number"}, "from": text, "to": text},
				"required":   []string{"value", "from", "to"},
			},
			"annotations": map[string]any{"readOnlyHint": true, "openWorldHint": false},
		},
		map[string]any{
			"name":        "list_units",
			"description": "Lists every unit by kind.",
			"inputSchema": map[string]any{"type": "object", "properties": map[string]any{}},
			"annotations": map[string]any{"readOnlyHint": true, "openWorldHint": false},
		},
	}
}

func listed() string {
	lines := []string{}
	for kind, names := range units.ByKind() {
		lines = append(lines, kind+": "+strings.Join(names, ", "))
	}
	sort.Strings(lines)
	return strings.Join(lines, "\n")
}

func content(text string, structured map[string]any, isError bool) map[string]any {
	found := map[string]any{"content": []any{map[string]string{"type": "text", "text": text}}, "isError": isError}
	if structured != nil {
		found["structuredContent"] = structured
	}
	return found
}

func done(id json.RawMessage, result any) response {
	return response{Version: "2.0", ID: id, Result: result}
}

func failed(id json.RawMessage, code int, message string) response {
	if len(id) == 0 {
		id = json.RawMessage("null")
	}
	return response{Version: "2.0", ID: id, Error: &problem{code, message}}
}

func send(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // a client that has gone needs no answer
}

func page(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	fmt.Fprintf(w, "<!doctype html><html lang=en><meta charset=utf-8><title>Unit Converter</title><h1>Unit Converter</h1>"+
		"<p>An MCP tool. Its address for clients ends in <code>/mcp</code>.</p><pre>%s</pre></html>\n", html.EscapeString(listed()))
}
