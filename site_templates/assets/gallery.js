// The lightbox of the gallery.
