// The terminal's script reads this address once the page is loaded.
const scheme = location.protocol === "https:" ? "wss:" : "ws:";
document.getElementById("terminal").dataset.sessionWebsocketUrl = `${scheme}//${location.host}/ws`;
document.getElementById("again").addEventListener("click", () => location.reload());
// Keys are for the dashboard without a click on it.
addEventListener("load", () => document.querySelector(".xterm-helper-textarea").focus());
