// Before anything is drawn, and readable by browsers of ten years ago: the theme, and the way for those who cannot do more.
(function () {
  var root = document.documentElement;
  var theme = /(?:^|; )theme=(elder|dark)(?:;|$)/.exec(document.cookie);
  if (theme) root.setAttribute("data-theme", theme[1]);
  var able =
    window.isSecureContext &&
    "indexedDB" in window &&
    "serviceWorker" in navigator &&
    "locks" in navigator &&
    "structuredClone" in window &&
    window.crypto &&
    crypto.subtle &&
    "noModule" in HTMLScriptElement.prototype;
  // The line broke while the page's script was coming: an empty window is nobody's wish.
  window.addEventListener(
    "error",
    function (event) {
      if (event.target.tagName === "SCRIPT") setTimeout(function () { window.location.reload(); }, 3000);
    },
    true,
  );
  if (!able) window.location.replace(document.currentScript.getAttribute("data-plain") + "?online=1");
})();
