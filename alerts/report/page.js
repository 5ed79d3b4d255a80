(function () {
	"use strict";
	var table = document.getElementById("exposures");
	if (!table)
		return;
	var order = new Intl.Collator("en", { numeric: true });
	var bodies = Array.from(table.tBodies);
	var heads = Array.from(table.tHead.rows[0].cells);
	var tools = document.getElementById("tools");
	var filter = document.getElementById("filter");
	var shown = document.getElementById("shown");
	var open = document.getElementById("open");

	function key(body, column) {
		var cell = body.rows[0].cells[column];
		return cell.dataset.k || cell.textContent;
	}

	function sort(column) {
		var head = heads[column];
		var down = head.getAttribute("aria-sort") === "ascending" ||
		    (column < 2 && !head.hasAttribute("aria-sort"));
		heads.forEach(function (h) { h.removeAttribute("aria-sort"); });
		head.setAttribute("aria-sort", down ? "descending" : "ascending");
		var list = bodies.map(function (b) { return [key(b, column), b]; });
		list.sort(function (a, b) {
			return (down ? -1 : 1) * order.compare(a[0], b[0]);
		});
		list.forEach(function (pair) { table.appendChild(pair[1]); });
	}

	heads.forEach(function (head, column) {
		var button = document.createElement("button");
		button.type = "button";
		button.title = "Sort";
		button.textContent = head.textContent;
		button.addEventListener("click", function () { sort(column); });
		head.replaceChildren(button);
	});

	filter.addEventListener("input", function () {
		var words = filter.value.toLowerCase().split(/\s+/);
		var num = 0;
		bodies.forEach(function (body) {
			var text = body.textContent.toLowerCase();
			body.hidden = !words.every(function (word) {
				return text.indexOf(word) >= 0;
			});
			num += !body.hidden;
		});
		shown.textContent = num + " of " + bodies.length + " shown";
	});

	open.addEventListener("click", function () {
		var on = open.getAttribute("aria-pressed") !== "true";
		open.setAttribute("aria-pressed", String(on));
		open.textContent = on ? "Close all proofs" : "Open all proofs";
		table.querySelectorAll("details").forEach(function (d) {
			d.open = on;
		});
	});
	tools.hidden = false;
})();
