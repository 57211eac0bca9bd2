// Puts what follows # in a printed address into the form and sends it: in the body, never in a URL that is kept.
"use strict";
const digits = location.hash.slice(1);
if (/^[0-9]{85}$/.test(digits)) {
  history.replaceState(null, "", location.pathname);
  document.getElementById("digits").value = digits;
  document.getElementById("pointer").submit();
}
