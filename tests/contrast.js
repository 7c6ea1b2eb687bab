// Every text of the page whose contrast is below WCAG 2.2 AA, as rendered: "text: ratio, colour on colour".
(() => {
  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, below) => {
    const mix = (name) => top[name] * top.a + below[name] * (1 - top.a);
    return { r: mix("r"), g: mix("g"), b: mix("b"), a: 1 };
  };
  const channel = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ({ r, g, b }) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ancestors = (element) => (element ? [...ancestors(element.parentElement), element] : []);
  const canvas = parse(getComputedStyle(document.body).backgroundColor);
  const ground = (element) =>
    ancestors(element).reduce((below, each) => over(parse(getComputedStyle(each).backgroundColor), below), canvas);
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const low = [];
  while (words.nextNode()) {
    const text = words.currentNode.textContent.trim();
    const element = words.currentNode.parentElement;
    if (!text || !element.checkVisibility() || element.matches("svg title, svg desc")) continue;
    const style = getComputedStyle(element);
    const drawn = element.namespaceURI.endsWith("svg");
    const below = ground(element);
    const colour = over(parse(drawn ? style.fill : style.color), below);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const reached = ratio(colour, below);
    if (reached < (large ? 3 : 4.5)) low.push(`${text.slice(0, 40)}: ${reached.toFixed(2)}`);
  }
  for (const shape of document.querySelectorAll("svg .fill, svg .dot, svg line.limit, svg line.measured, svg .column")) {
    const style = getComputedStyle(shape);
    const below = ground(shape);
    const paint = parse(shape.matches("line") ? style.stroke : style.fill);
    const reached = ratio(over({ ...paint, a: paint.a * Number(style.opacity) }, below), below);
    if (reached < 3) low.push(`${shape.getAttribute("class")}: ${reached.toFixed(2)}`);
  }
  return low;
})();
