// Pictures onto a canvas, without work for the layout.

/** The picture in a data URI, as a file. */
export function bytesOf(uri) {
  const comma = uri.indexOf(','), text = atob(uri.slice(comma + 1));
  return new Blob([Uint8Array.from(text, (each) => each.charCodeAt(0))], { type: uri.slice(5, uri.indexOf(';')) });
}

/** `draw(bitmap, late)` draws at once, for the next frame, unless `late()`; tells whether it did. */
export function drawOn(context) {
  const { canvas } = context;
  context.imageSmoothingQuality = 'high';

  function draw(picture, late) {
    const drawn = !late();
    if (drawn) {
      if (canvas.width !== picture.width || canvas.height !== picture.height) {
        canvas.width = picture.width;
        canvas.height = picture.height;
      }
      context.drawImage(picture, 0, 0);
    }
    picture.close();
    return drawn;
  }
  draw.clear = () => context.clearRect(0, 0, canvas.width, canvas.height);
  return draw;
}
