package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func post(body string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	routes(6).ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/mcp", strings.NewReader(body)))
	return recorder
}

func call(t *testing.T, arguments string) (text string, isError bool) {
	t.Helper()
	var found struct {
		Result struct {
			Content []struct{ Text string }
			IsError bool
		}
	}
	body := post(`{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "convert", "arguments": ` + arguments + `}}`)
	if err := json.Unmarshal(body.Body.Bytes(), &found); err != nil || len(found.Result.Content) != 1 {
		t.Fatalf("%v: %s", err, body.Body)
	}
	return found.Result.Content[0].Text, found.Result.IsError
}

func TestAModelConvertsAValue(t *testing.T) {
	if text, isError := call(t, `{"value": 25, "from": "knots", "to": "km/h"}`); isError || text != "25 kn = 46.3 km/h" {
		t.Error(text)
	}
}

func TestAModelIsToldWhatIsWrong(t *testing.T) {
	for _, arguments := range []string{`{}`, `{"value": 1, "from": "kg", "to": "m"}`, `{"value": 1, "from": "m"}`} {
		if text, isError := call(t, arguments); !isError || text == "" {
			t.Errorf("%s: %q", arguments, text)
		}
	}
}

func TestAClientFindsTheTools(t *testing.T) {
	for _, method := range []string{"initialize", "tools/list", "ping"} {
		reply := post(`{"jsonrpc": "2.0", "id": "a", "method": "` + method + `"}`)
		if reply.Code != http.StatusOK || !strings.Contains(reply.Body.String(), `"id":"a","result":{`) {
			t.Errorf("%s: %s", method, reply.Body)
		}
	}
}

func TestANotificationWantsNoAnswer(t *testing.T) {
	if reply := post(`{"jsonrpc": "2.0", "method": "notifications/initialized"}`); reply.Code != http.StatusAccepted {
		t.Error(reply.Code)
	}
}

func TestWhatIsNoRequestIsRefused(t *testing.T) {
	for _, body := range []string{"", "{", "[]", `{"id": 1}`, `"` + strings.Repeat("x", 70000) + `"`} {
		if reply := post(body); reply.Code != http.StatusBadRequest {
			t.Errorf("%.20s: %d", body, reply.Code)
		}
	}
	for _, method := range []string{"none", "tools/call"} {
		if reply := post(`{"jsonrpc": "2.0", "id": 1, "method": "` + method + `", "params": {"name": "none"}}`); !strings.Contains(reply.Body.String(), `"error"`) {
			t.Error(reply.Body)
		}
	}
}

func TestPeopleSeeThePage(t *testing.T) {
	for path, status := range map[string]int{"/": 200, "/health": 200, "/none": 404, "/mcp": 405} {
		recorder := httptest.NewRecorder()
		routes(6).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
		if recorder.Code != status {
			t.Errorf("%s: %d", path, recorder.Code)
		}
	}
}
