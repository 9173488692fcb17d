// Before the first paint: the theme that the address asks for, so that nothing flashes.
(function () {
  var theme = new URLSearchParams(location.search).get('theme');
  if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
})();
