saved => {
  /* Hands the browser a file: `saved` is JSON with its name, type and text. */
  const { name, type, text } = JSON.parse(saved), link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
